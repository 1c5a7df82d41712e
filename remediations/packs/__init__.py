"""The plans for the scenarios of the runbook's page troubleshooting/packs."""
