"""Values that stand in examples."""

CREDENTIAL = "cK3vYtB8wQ1nZ5sLhXr2Md"
HANDLE = "pT0mXq2LhVbN4sRkYw7cZd"
DIGEST = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
SAD = "SAD"
ASK = {
    "credentialID": CREDENTIAL,
    "numSignatures": 1,
    "hashes": [DIGEST],
    "hashAlgorithmOID": SHA256,
    "description": "Building contract",
    "documentLabels": ["contract.pdf"],
}
SIGN = {"credentialID": CREDENTIAL, "SAD": SAD, "hashes": [DIGEST], "signAlgo": ECDSA_SHA256}
