"""password.py check PASSWORD HASH | hash PASSWORD: Python's bcrypt, for the tests."""

import sys

import bcrypt

command, password, *rest = sys.argv[1:]
if command == "check":
    print(str(bcrypt.checkpw(password.encode(), rest[0].encode())).lower())
else:
    print(bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode())
