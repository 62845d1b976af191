"""What tests stand on: the real SAM on a real SoftHSM2 token, and the real stack on free ports; both in temporary folders."""
