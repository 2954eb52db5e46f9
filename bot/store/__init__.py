"""Redis: the queue, the threads and the journal; nobody else imports its client."""
