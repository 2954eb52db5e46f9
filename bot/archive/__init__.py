"""The archive: each lab's journal as files on disk, chained by hashes, so that Redis is never the only copy.

`LABJAM_DATA/archive/<lab>/` holds `000001.jsonl` and so on, each closed when it is full, and
`index.json`: the closed files with their hashes, and the head of the chain. Every line carries one
record, the place in the journal it came from, and a hash over itself and the line before it. What is
written is synced to the disk (fsync) before the index says so, once for each batch: at most what
came in since the last batch, a second or two, is in Redis alone.
"""
