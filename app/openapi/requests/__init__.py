"""What applications send, field by field; the code reads it with `app.csc.body` and `app.oauth.client`, and a test compares the two."""
