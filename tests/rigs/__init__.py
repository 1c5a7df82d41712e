"""Real servers and hosts to test against: a mock stands only where no real thing can be had."""
