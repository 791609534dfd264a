"""A sound server of a program's own: what a player plays is heard by its microphone, and nobody hears its loudspeaker.

Clients of Jami and Mumble will not call without a sound card, and no machine of the lab has one.
"""

from __future__ import annotations

import math
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RATE = 48_000
SECONDS = 20
TURN_SECONDS, TALKING_SECONDS = 5, 3
# Private to a program: its home, its message bus, its sound server. What follows the script is the program.
SOUND = """
pulseaudio -n --exit-idle-time=-1 --daemonize=no --use-pid-file=no \
    -L "module-native-protocol-unix socket=$XDG_RUNTIME_DIR/sound" \
    -L "module-null-sink sink_name=loudspeaker" -L "module-null-sink sink_name=mouth" \
    -L "module-remap-source master=mouth.monitor source_name=microphone" &
export PULSE_SERVER=unix:$XDG_RUNTIME_DIR/sound
until pactl set-default-source microphone && pactl set-default-sink loudspeaker; do sleep 0.2; done
while :; do paplay -d mouth "$VOICE"; done &
exec "$@"
"""
TOOLS = {
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "paplay": "pulseaudio-utils",
    "dbus-run-session": "dbus",
}


def with_sound(home: Path, command: list[str], **environment: str) -> list[str]:
    """The command that runs a program with a microphone into which somebody speaks."""
    (home / "run").mkdir(parents=True)
    # The sound server takes no folder that others may read.
    (home / "run").chmod(0o700)
    speak(home / "voice.wav")
    own = {"HOME": home, "XDG_RUNTIME_DIR": home / "run", "VOICE": home / "voice.wav"}
    places = [f"XDG_{kind}_HOME={home / kind.lower()}" for kind in ("CONFIG", "DATA", "CACHE")]
    words = [f"{name}={value}" for name, value in (*own.items(), *environment.items())]
    return ["env", *words, *places, "dbus-run-session", "--", "sh", "-c", SOUND, "sound", *command]


def speak(path: Path) -> None:
    """A tone that swells and fades four times a second, with pauses: what detectors of speech take for it."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"".join(map(loudness, range(RATE * SECONDS))))


def loudness(sample: int) -> bytes:
    """The sound at that moment."""
    second = sample / RATE
    talks = second % TURN_SECONDS < TALKING_SECONDS
    syllable = abs(math.sin(math.tau * 2 * second)) if talks else 0.0
    tone = sum(
        math.sin(math.tau * pitch * second) / part
        for part, pitch in ((1, 140), (2, 430), (3, 1100))
    )
    return int(7000 * syllable * tone).to_bytes(2, "little", signed=True)
