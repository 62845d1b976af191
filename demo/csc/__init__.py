"""
A client of CSC API v2 for pyHanko: pyHanko prepares the PDF and the CMS, unmodified; this package asks the service for the signature.

    async with open_session(origin, Application(client_id, client_secret)) as session:
        service, credential = await fetch_credential(session, origin, "taro")
        approval = PollingAuthorizationManager(session, service, credential, on_waiting=show, document_labels=["contract.pdf"])
        signed = await sign_pdf(pdf, RemoteSigner(session, approval))
"""

from demo.csc.approval import OnWaiting, PollingAuthorizationManager
from demo.csc.credential import fetch_credential
from demo.csc.errors import (
    AnswerUnusable,
    ApplicationRefused,
    ApprovalEnded,
    ApprovalExpired,
    CscError,
    NoCredential,
    OutcomeUnknown,
    ServiceRefused,
    ServiceUnreachable,
    SignerRefused,
)
from demo.csc.moving_code import MovingCode
from demo.csc.session import Application, open_session
from demo.csc.signature import RemoteSigner, sign_pdf

__all__ = [
    "AnswerUnusable",
    "Application",
    "ApplicationRefused",
    "ApprovalEnded",
    "ApprovalExpired",
    "CscError",
    "MovingCode",
    "NoCredential",
    "OnWaiting",
    "OutcomeUnknown",
    "PollingAuthorizationManager",
    "RemoteSigner",
    "ServiceRefused",
    "ServiceUnreachable",
    "SignerRefused",
    "fetch_credential",
    "open_session",
    "sign_pdf",
]
