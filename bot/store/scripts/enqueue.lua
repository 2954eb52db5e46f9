-- Claim a job by its id and put it into its mailbox: the same id is taken once, ever.
-- ARGV  lab, mailbox, job, order (microseconds), limit (jobs a mailbox holds), field, value, ...
-- Returns 'queued', 'known' (claimed before) or 'full'.
local lab, mailbox, job, order, limit = unpack(ARGV, 1, 5)
return claim(lab, mailbox, job, order, limit, 6)
