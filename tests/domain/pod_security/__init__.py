"""Proof of domain/pod_security: cases by table, properties by hypothesis, and a real API server as the oracle."""
