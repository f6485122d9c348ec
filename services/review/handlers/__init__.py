"""The RPCs of review: protobuf ↔ domain, one transaction each; a class per gRPC service, its methods by noun."""
