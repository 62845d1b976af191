"""`approve`, whichever of the signer's factors the evidence is of: a passkey, or PIN and one-time password."""

from hsm import approval
from hsm.messages import ApproveReply, ApproveRequest
from hsm.otp_approval import approve_with_otp
from hsm.sam import Sam


def approve(sam: Sam, request: ApproveRequest) -> ApproveReply:
    """Check the signer's evidence over a transaction, and record the approval; raises Refused, also where there are two kinds or none."""
    return approval.approve(sam, request) if request.otp is None else approve_with_otp(sam, request)
