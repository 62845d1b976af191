"""schemathesis over /openapi.json against a running stack: `make fuzz` long, a test of the flow short."""
