"""Cilium on EKS: the ten values that the runbook wants, as a cluster, a release or a file has them.

The AWS VPC CNI is there on every EKS cluster, and Cilium beside it works only as its ENI mode with these values. Which
key, spelling and default counts hangs on Cilium's minor version (facts/cni.md, parameters.yaml).
"""
