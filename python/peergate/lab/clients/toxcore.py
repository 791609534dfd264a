"""Debian's libtoxcore2, as much of it as a lab client needs, through ctypes.

Names are those of tox.h and toxav.h without their prefixes. The library has no idea of time or threads: whoever owns a
`Tox` calls `iterate` when `interval` says so, and hears of everything through the callbacks that `Handler` names.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Array,
    c_bool,
    c_char_p,
    c_int,
    c_int16,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_void_p,
)
from typing import Any, Protocol, TypeVar

# What the library gives: a pointer, or whether it worked.
Handle = TypeVar("Handle")

LIBRARY = "libtoxcore.so.2"
ADDRESS_BYTES = 38
PUBLIC_KEY_BYTES = 32
CONNECTIONS = ("none", "tcp", "udp")
# TOX_PROXY_TYPE_SOCKS5
SOCKS5 = 2
CALL_FINISHED = 1 | 2  # TOXAV_FRIEND_CALL_STATE_ERROR, _FINISHED
CALL_CANCEL = 2  # TOXAV_CALL_CONTROL_CANCEL
FAILED = 0xFFFF_FFFF
TOX_CALLBACKS = (
    "self_connection_status",
    "friend_connection_status",
    "friend_request",
    "friend_message",
)
TOXAV_CALLBACKS = ("call", "call_state", "audio_receive_frame")

SelfConnection = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_void_p)
FriendConnection = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_int, c_void_p)
FriendRequest = ctypes.CFUNCTYPE(
    None, c_void_p, POINTER(c_uint8), POINTER(c_uint8), c_size_t, c_void_p
)
FriendMessage = ctypes.CFUNCTYPE(
    None, c_void_p, c_uint32, c_int, POINTER(c_uint8), c_size_t, c_void_p
)
Call = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_bool, c_bool, c_void_p)
CallState = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_uint32, c_void_p)
AudioFrame = ctypes.CFUNCTYPE(
    None, c_void_p, c_uint32, POINTER(c_int16), c_size_t, c_uint8, c_uint32, c_void_p
)


class Handler(Protocol):
    """What a client does when the library tells it something."""

    def self_connection(self, connection: str) -> None:
        """We are on line over "udp" or "tcp", or not: "none"."""

    def friend_connection(self, friend: int, connection: str) -> None:
        """A friend is reachable, or not any more."""

    def friend_request(self, public_key: bytes) -> None:
        """Somebody asks to be a friend."""

    def friend_message(self, friend: int, text: str) -> None:
        """A friend wrote."""

    def call(self, friend: int) -> None:
        """A friend calls."""

    def call_state(self, friend: int, state: int) -> None:
        """The call changed."""

    def audio_frame(self, friend: int) -> None:
        """A frame of the friend's voice arrived."""


class Tox:
    """One Tox identity, new each time."""

    def __init__(
        self, handler: Handler, *, ipv6: bool = False, socks: tuple[str, int] | None = None
    ) -> None:
        self._library = library()
        options = self._library.tox_options_new(None)
        # Neighbours in the lab must not find each other by broadcast.
        self._library.tox_options_set_local_discovery_enabled(options, False)
        self._library.tox_options_set_ipv6_enabled(options, ipv6)
        if socks:
            host, port = socks
            # The options keep a pointer and no copy.
            self._proxy = host.encode()
            self._library.tox_options_set_udp_enabled(options, False)
            self._library.tox_options_set_proxy_type(options, SOCKS5)
            self._library.tox_options_set_proxy_host(options, self._proxy)
            self._library.tox_options_set_proxy_port(options, port)
        self._tox = checked("tox_new", self._library.tox_new(options, None))
        self._library.tox_options_free(options)
        self._av = checked("toxav_new", self._library.toxav_new(self._tox, None))
        self._callbacks = self._connect(handler)

    @property
    def address(self) -> str:
        """What somebody needs to send us a friend request."""
        buffer = (c_uint8 * ADDRESS_BYTES)()
        self._library.tox_self_get_address(self._tox, buffer)
        return bytes(buffer).hex()

    @property
    def interval(self) -> float:
        """Seconds until `iterate` wants to be called again."""
        own = self._library.tox_iteration_interval(self._tox)
        return float(min(own, self._library.toxav_iteration_interval(self._av))) / 1000

    def iterate(self) -> None:
        """Does what is due."""
        self._library.tox_iterate(self._tox, None)
        self._library.toxav_iterate(self._av)

    def bootstrap(self, host: str, port: int, public_key: bytes) -> None:
        """Names a node of the network, which also relays over TCP."""
        for function in (self._library.tox_bootstrap, self._library.tox_add_tcp_relay):
            checked("bootstrap", function(self._tox, host.encode(), port, public_key, None))

    def add_friend(self, address: str) -> int:
        """Sends a friend request."""
        text = b"lab"
        friend = self._library.tox_friend_add(
            self._tox, bytes.fromhex(address), text, len(text), None
        )
        return self._friend("tox_friend_add", friend)

    def accept_friend(self, public_key: bytes) -> int:
        """Adds somebody who asked."""
        friend = self._library.tox_friend_add_norequest(self._tox, public_key, None)
        return self._friend("tox_friend_add_norequest", friend)

    def send_message(self, friend: int, text: str) -> None:
        """Writes to a friend."""
        data = text.encode()
        sent = self._library.tox_friend_send_message(self._tox, friend, 0, data, len(data), None)
        checked("tox_friend_send_message", sent)

    def start_call(self, friend: int, audio_kbit: int) -> None:
        """Rings a friend."""
        checked("toxav_call", self._library.toxav_call(self._av, friend, audio_kbit, 0, None))

    def answer_call(self, friend: int, audio_kbit: int) -> None:
        """Takes a friend's call."""
        checked("toxav_answer", self._library.toxav_answer(self._av, friend, audio_kbit, 0, None))

    def end_call(self, friend: int) -> None:
        """Hangs up."""
        checked(
            "toxav_call_control",
            self._library.toxav_call_control(self._av, friend, CALL_CANCEL, None),
        )

    def send_audio(self, friend: int, samples: Array[c_int16], count: int, rate: int) -> bool:
        """Sends one frame of our voice; false while the call is not up."""
        return bool(
            self._library.toxav_audio_send_frame(self._av, friend, samples, count, 1, rate, None)
        )

    def _connect(self, handler: Handler) -> list[Any]:
        """Registers the callbacks and returns them: ctypes frees what nobody holds."""
        tox = {
            "self_connection_status": SelfConnection(
                lambda _, state, __: handler.self_connection(CONNECTIONS[state])
            ),
            "friend_connection_status": FriendConnection(
                lambda _, friend, state, __: handler.friend_connection(friend, CONNECTIONS[state])
            ),
            "friend_request": FriendRequest(
                lambda _, key, *__: handler.friend_request(bytes(key[:PUBLIC_KEY_BYTES]))
            ),
            "friend_message": FriendMessage(
                lambda _, friend, __, text, size, ___: handler.friend_message(
                    friend, bytes(text[:size]).decode(errors="replace")
                )
            ),
        }
        toxav = {
            "call": Call(lambda _, friend, *__: handler.call(friend)),
            "call_state": CallState(lambda _, friend, state, __: handler.call_state(friend, state)),
            "audio_receive_frame": AudioFrame(lambda _, friend, *__: handler.audio_frame(friend)),
        }
        for name, callback in tox.items():
            getattr(self._library, f"tox_callback_{name}")(self._tox, callback)
        for name, callback in toxav.items():
            getattr(self._library, f"toxav_callback_{name}")(self._av, callback, None)
        return [*tox.values(), *toxav.values()]

    @staticmethod
    def _friend(function: str, number: int) -> int:
        if number == FAILED:
            raise OSError(f"{function} failed")
        return number


def checked(function: str, result: Handle) -> Handle:
    """The result of a library call, or an error if it is null or false."""
    if not result:
        raise OSError(f"{function} failed")
    return result


def library() -> ctypes.CDLL:
    """Loads the library and declares what ctypes would guess wrongly."""
    loaded = ctypes.CDLL(LIBRARY)
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "tox_options_new": (c_void_p, [c_void_p]),
        "tox_options_free": (None, [c_void_p]),
        "tox_options_set_local_discovery_enabled": (None, [c_void_p, c_bool]),
        "tox_options_set_ipv6_enabled": (None, [c_void_p, c_bool]),
        "tox_options_set_udp_enabled": (None, [c_void_p, c_bool]),
        "tox_options_set_proxy_type": (None, [c_void_p, c_int]),
        "tox_options_set_proxy_host": (None, [c_void_p, c_char_p]),
        "tox_options_set_proxy_port": (None, [c_void_p, c_uint16]),
        "tox_new": (c_void_p, [c_void_p, c_void_p]),
        "tox_iterate": (None, [c_void_p, c_void_p]),
        "tox_iteration_interval": (c_uint32, [c_void_p]),
        "tox_self_get_address": (None, [c_void_p, c_void_p]),
        "tox_bootstrap": (c_bool, [c_void_p, c_char_p, c_uint16, c_char_p, c_void_p]),
        "tox_add_tcp_relay": (c_bool, [c_void_p, c_char_p, c_uint16, c_char_p, c_void_p]),
        "tox_friend_add": (c_uint32, [c_void_p, c_char_p, c_char_p, c_size_t, c_void_p]),
        "tox_friend_add_norequest": (c_uint32, [c_void_p, c_char_p, c_void_p]),
        "tox_friend_send_message": (
            c_uint32,
            [c_void_p, c_uint32, c_int, c_char_p, c_size_t, c_void_p],
        ),
        "toxav_new": (c_void_p, [c_void_p, c_void_p]),
        "toxav_iterate": (None, [c_void_p]),
        "toxav_iteration_interval": (c_uint32, [c_void_p]),
        "toxav_call": (c_bool, [c_void_p, c_uint32, c_uint32, c_uint32, c_void_p]),
        "toxav_answer": (c_bool, [c_void_p, c_uint32, c_uint32, c_uint32, c_void_p]),
        "toxav_call_control": (c_bool, [c_void_p, c_uint32, c_int, c_void_p]),
        "toxav_audio_send_frame": (
            c_bool,
            [c_void_p, c_uint32, c_void_p, c_size_t, c_uint8, c_uint32, c_void_p],
        ),
    }
    callbacks = {f"tox_callback_{name}": [c_void_p, c_void_p] for name in TOX_CALLBACKS}
    callbacks |= {
        f"toxav_callback_{name}": [c_void_p, c_void_p, c_void_p] for name in TOXAV_CALLBACKS
    }
    signatures |= {name: (None, arguments) for name, arguments in callbacks.items()}
    for name, (result, arguments) in signatures.items():
        # Not loaded[name], which would make a new function object each time.
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded
