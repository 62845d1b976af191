"""A PKCS#11 library, loaded and initialised for threads; and the making of a token, for trials."""

import ctypes
from pathlib import Path

import pkcs11

from hsm.errors import CannotStart, HsmUnavailable

CKR_OK = 0
CKR_CRYPTOKI_NOT_INITIALIZED = 0x190
CKF_OS_LOCKING_OK = 2


class _FunctionList(ctypes.Structure):
    """The head of CK_FUNCTION_LIST (PKCS#11 v2.40 §3.6)."""

    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("initialize", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)),
        ("finalize", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)),
        ("others", ctypes.c_void_p * 7),
        ("init_token", ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)),
    )


class _InitializeArgs(ctypes.Structure):
    _fields_ = (("mutex_functions", ctypes.c_void_p * 4), ("flags", ctypes.c_ulong), ("reserved", ctypes.c_void_p))


class Module:
    """
    A PKCS#11 library that is initialised for threads.

    python-pkcs11 calls C_Initialize without arguments, and a library may then do without locks; so this calls it itself.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._lib = pkcs11.lib(str(path))
            self._lib.finalize()
        except pkcs11.PKCS11Error as error:
            raise CannotStart(f"the PKCS#11 module {path} can't be loaded: {error}") from error
        functions = ctypes.POINTER(_FunctionList)()
        ctypes.CDLL(str(path)).C_GetFunctionList(ctypes.byref(functions))
        self._functions = functions.contents
        self.initialize()

    def initialize(self) -> None:
        arguments = _InitializeArgs(flags=CKF_OS_LOCKING_OK)
        self._check("C_Initialize", self._functions.initialize(ctypes.byref(arguments)))

    def finalize(self) -> None:
        self._check("C_Finalize", self._functions.finalize(None), CKR_CRYPTOKI_NOT_INITIALIZED)

    def token(self, label: str) -> pkcs11.Token:
        return self._lib.get_token(token_label=label)

    def has_token(self, label: str) -> bool:
        return any(True for _ in self._lib.get_tokens(token_label=label))

    def make_token(self, label: str, security_officer_pin: str, pin: str) -> None:
        """Initialise the first free slot as a token; for the embedded token, never for a real HSM."""
        slot = next(slot for slot in self._lib.get_slots() if pkcs11.TokenFlag.TOKEN_INITIALIZED not in slot.get_token().flags)
        officer = security_officer_pin.encode()
        self._check("C_InitToken", self._functions.init_token(slot.slot_id, officer, len(officer), label.encode().ljust(32)))
        self.finalize()
        self.initialize()
        session = self.token(label).open(rw=True, so_pin=security_officer_pin)
        session.init_pin(pin)
        session.close()

    def _check(self, function: str, code: int, *allowed: int) -> None:
        if code not in (CKR_OK, *allowed):
            raise HsmUnavailable(f"{function} answered {code:#x}")
