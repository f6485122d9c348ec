"""Activities: one write RPC each, named by its verb. Contract messages become protobuf here, and nowhere else."""
