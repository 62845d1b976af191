"""How far a job is, in six stages: asked, delivered, opened, approved, signed, validated; what the steps on its page show."""

from demo.relying.jobs import Job, Step

ASKED, DELIVERED, OPENED, APPROVED, SIGNED, VALIDATED, ALL = range(7)
BY_PROGRESS = {"waiting": DELIVERED, "delivered": OPENED, "opened": APPROVED, "no_device": OPENED, "inbox": OPENED}


def stage_of(job: Job) -> int:
    """Give the stage that it is waiting for; of one that ended, the one that it did not reach."""
    match job.step:
        case Step.PREPARED | Step.PLACING:
            return ASKED
        case Step.WAITING:
            return BY_PROGRESS.get(job.progress, DELIVERED)
        case Step.SIGNING:
            return VALIDATED if job.has_signed else SIGNED
        case Step.DONE:
            return ALL
        case Step.ENDED:
            return job.stage
