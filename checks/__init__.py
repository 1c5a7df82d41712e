"""What is checked: one scenario of the runbook each."""
