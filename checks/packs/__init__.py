"""The scenarios of the runbook's page troubleshooting/packs."""
