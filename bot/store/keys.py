"""Every Redis key of labjam: its type, who writes it, how long it lives.

| key (after `labjam:`)        | type   | written by            | lives                                   |
|------------------------------|--------|-----------------------|-----------------------------------------|
| {shard}:active               | hash   | the engine's scripts  | a field as long as its mailbox has jobs |
| {shard}:mailbox:<thread>     | zset   | the engine's scripts  | as long as it has jobs                  |
| {shard}:ready:<lab>          | stream | the engine's scripts  | an entry until its job ends             |
| {shard}:delayed              | zset   | release, pulse        | a member until it is due                |
| {shard}:cancelled            | hash   | cancel, hold          | a field until its job ends              |
| {shard}:held                 | hash   | hold                  | a field until the lab goes on           |
| {shard}:parked:<lab>         | zset   | begin, hold           | a member until the lab goes on          |
| {shard}:job:<kind>:<id>      | hash   | intake, the worker    | until done, then KEEP                   |
| {shard}:thread:<thread>      | hash   | finish                | KEEP after its last answer              |
| {shard}:votes:<job>          | hash   | vote                  | KEEP after its last vote                |
| {shard}:message:<channel>:<ts> | string | finish              | KEEP after its answer ended             |
| {shard}:home:<team>:<user>   | string | Homes                 | five minutes after its last opening     |
| {shard}:forms:<job or thread> | hash  | form                  | KEEP after its last change              |
| {shard}:pairs:<lab>          | hash   | Pairs.ask             | for ever: it is small                   |
| {shard}:person:<team>:<user> | hash   | Forms.remember        | until the person has it deleted         |
| {shard}:review:<thread>      | hash   | review                | for ever: which answers may leave       |
| {shard}:certified:<lab>:<team>:<user> | hash | certify       | KEEP after their last certification     |
| {shard}:uncertified:<lab>:<team>:<user> | set | certified    | a day after their last question         |
| {shard}:notes:<thread>       | hash   | a summary             | KEEP: each thread is read once          |
| {shard}:journal:<lab>        | stream | scripts, Journal      | for ever: it is the record              |
| {shard}:spent:<lab>:<window> | hash   | reserve, settle       | 2 hours after its hour, 2 days its day  |
| {shard}:reserved:<job>       | hash   | reserve               | until settle, a day's window at most    |
| {shard}:caps:<lab>           | hash   | /jam cap              | until lifted                            |
| {shard}:state:<lab>          | hash   | record                | for ever: what its moderators set       |
| {shard}:prompts:<lab>        | hash   | record                | for ever: answers name their version    |
| {shard}:audit                | stream | record                | for ever: who did what                  |
| {shard}:audit-head           | hash   | record                | for ever: where the audit trail ends    |
| {shard}:clock:<name>         | string | the clock             | until the next turn is due              |
| {shard}:flags:<lab>          | hash   | flag                  | a field until its thread is purged      |
| unlisted                     | hash   | Unlisted              | a field until its person says otherwise |
| holds                        | hash   | hold, release-hold    | a field until it is released            |
| {shard}:pace:<team>:<what>   | several| pace                  | an hour after its last use; see pace.lua|
| pseudonym                    | string | the first process     | for ever: hashes of people depend on it |

The part in braces is Redis Cluster's hash tag: all keys of one shard live on one node, so a
script may touch them together. A thread is always in the same shard. One server has one shard;
a cluster has `CLUSTER_SHARDS`, so that its nodes share the work.
"""

from zlib import crc32

KEEP = 30 * 24 * 3600
"""Seconds a finished job and its thread stay at hand; the journal keeps what must last."""

CLUSTER_SHARDS = 16

DESK = 0
"""The shard of what belongs to no thread: the labs' states and the audit trail, changed together."""

PSEUDONYM = "labjam:pseudonym"

HOLDS = "labjam:holds"

UNLISTED = "labjam:unlisted"


def shard_of(mailbox: str, shards: int) -> int:
    """The shard a mailbox lives in, the same in every process: that of its thread, "T:C:ts[:kind]"."""
    thread = ":".join(mailbox.split(":", 3)[:3])
    return crc32(thread.encode()) % shards


def active(shard: int) -> str:
    """The first key of every script: it names the shard."""
    return f"labjam:{{{shard}}}:active"


def ready(shard: int, lab: str) -> str:
    """Mailboxes of one lab whose first job may start."""
    return f"labjam:{{{shard}}}:ready:{lab}"


def job(shard: int, job_id: str) -> str:
    """One job: its state, its feature's fields."""
    return f"labjam:{{{shard}}}:job:{job_id}"


def mailbox(shard: int, name: str) -> str:
    """The jobs of one thread, in the order in which they were asked."""
    return f"labjam:{{{shard}}}:mailbox:{name}"


def thread(shard: int, mailbox: str) -> str:
    """The turns of one thread."""
    return f"labjam:{{{shard}}}:thread:{mailbox}"


def votes(shard: int, job_id: str) -> str:
    """The last thumb of each person on one answer, and when it was given."""
    return f"labjam:{{{shard}}}:votes:{job_id}"


def message(shard: int, channel: str, ts: str) -> str:
    """The answer's job that a Slack message belongs to."""
    return f"labjam:{{{shard}}}:message:{channel}:{ts}"


def pairs(shard: int, lab: str) -> str:
    """How often each pair of the lab's models was drawn for a comparison."""
    return f"labjam:{{{shard}}}:pairs:{lab}"


def person(shard: int, team: str, user: str) -> str:
    """What a person was asked once, and said."""
    return f"labjam:{{{shard}}}:person:{team}:{user}"


def home(shard: int, team: str, user: str) -> str:
    """What a person's open App Home shows: its digest, and what their last button there was answered."""
    return f"labjam:{{{shard}}}:home:{team}:{user}"


def forms(shard: int, about: str) -> str:
    """What each person last said in each form about one answer or thread."""
    return f"labjam:{{{shard}}}:forms:{about}"


def review(shard: int, thread: str) -> str:
    """The release state of each of a thread's answers that is not private any more."""
    return f"labjam:{{{shard}}}:review:{thread}"


def notes(shard: int, thread: str) -> str:
    """What a model noted on a thread, by its content."""
    return f"labjam:{{{shard}}}:notes:{thread}"


def journal(shard: int, lab: str) -> str:
    """The lab's records that must last."""
    return f"labjam:{{{shard}}}:journal:{lab}"


JOURNALS = "labjam:{*}:journal:*"
"""Matches every lab's journals."""


def spent(shard: int, lab: str, per: str, begins: int) -> str:
    """What one lab's answers cost in one hour or day; `shard` is the lab's, not a thread's."""
    return f"labjam:{{{shard}}}:spent:{lab}:{per}:{begins}"


def reserved(shard: int, job_id: str) -> str:
    """What is counted for an answer on its way; `shard` is its lab's."""
    return f"labjam:{{{shard}}}:reserved:{job_id}"


def caps(shard: int, lab: str) -> str:
    """The caps that a lab's moderators changed; `shard` is the lab's."""
    return f"labjam:{{{shard}}}:caps:{lab}"


def state(shard: int, lab: str) -> str:
    """What the lab's moderators set."""
    return f"labjam:{{{shard}}}:state:{lab}"


def prompts(shard: int, lab: str) -> str:
    """Every version of the lab's prompt that was written in Slack, by number."""
    return f"labjam:{{{shard}}}:prompts:{lab}"


def audit(shard: int) -> str:
    """Who did what, one entry after the other."""
    return f"labjam:{{{shard}}}:audit"


def clock(shard: int, name: str) -> str:
    """Who has this turn of a clock's job."""
    return f"labjam:{{{shard}}}:clock:{name}"


def flags(shard: int, lab: str) -> str:
    """The flagged answers of a lab, by question; `shard` is the lab's."""
    return f"labjam:{{{shard}}}:flags:{lab}"
