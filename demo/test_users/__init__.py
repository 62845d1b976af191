"""
Six signers that always give one fixed end, for the integration tests of other people's applications: `python -m demo.test_users`.

They are signers like all others, enrolled with the operator's command, and their phones are phones without a screen with software
passkeys, held by this program: the server knows of no test users, and nothing in it gives way to them.
"""
