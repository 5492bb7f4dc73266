"""What lies in ``.quarry``: shards, records of finished steps, checksums, the lock."""
