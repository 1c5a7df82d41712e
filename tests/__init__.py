"""What proves packcheck: tests by path beside what they prove, recorded cases, and rigs that start the real thing."""
