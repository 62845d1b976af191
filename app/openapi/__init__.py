"""The description of everything an application may call (OpenAPI 3.1), made from the types that are sent, and its pages for people."""
