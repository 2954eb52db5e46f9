"""The daily digest: each lab's day in its channel, all labs' day in the leads' channel, once each."""
