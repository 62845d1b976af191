"""The answer of a method that the standard has and this service does not, or that its operator has not turned on (CSC 2.0 §10.1: 501)."""

from starlette.responses import JSONResponse, Response


def not_implemented() -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": "This method is not implemented"}, 501)
