"""Intake's gRPC services: proto ↔ domain and the transaction, nothing else."""
