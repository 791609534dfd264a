"""A BitTorrent peer on libtorrent: shares what it has, downloads what it has not.

Tells: started, progress (share, peers), finished, tracker (message of the tracker or its error).
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import libtorrent

from peergate.lab.clients.report import report

if TYPE_CHECKING:
    from pathlib import Path

LISTEN_PORT = 6881
PIECE_BYTES = 64 * 1024
REPORT_SECONDS = 1.0


def make_torrent(content: Path, trackers: list[str], nodes: list[str], target: Path) -> str:
    """Describes a file in a torrent file; returns its info hash."""
    files = libtorrent.list_files(str(content))
    torrent = libtorrent.create_torrent(files, PIECE_BYTES, libtorrent.create_torrent.v1_only)
    for tier, tracker in enumerate(trackers):
        torrent.add_tracker(tracker, tier)
    for node in nodes:
        host, port = node.split(":")
        torrent.add_node(host, int(port))
    libtorrent.set_piece_hashes(torrent, str(content.parent))
    described = torrent.generate()
    target.write_bytes(libtorrent.bencode(described))
    return str(libtorrent.torrent_info(described).info_hashes().v1)


def settings(*, forced: bool, up_kbytes: int, nodes: list[str]) -> libtorrent.settings_pack:
    """Settings of a session: a stock client, but for what the lab's size and addresses demand."""
    policy = libtorrent.enc_policy
    encryption = policy.pe_forced if forced else policy.pe_enabled
    return {
        "listen_interfaces": f"0.0.0.0:{LISTEN_PORT}",
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # Test addresses are "dark" to the DHT, and all peers are few.
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_ignore_dark_internet": False,
        "dht_prefer_verified_node_ids": False,
        "dht_bootstrap_nodes": ",".join(nodes),
        "out_enc_policy": int(encryption),
        "in_enc_policy": int(policy.pe_enabled),
        "allowed_enc_level": int(libtorrent.enc_level.both),
        "prefer_rc4": forced,
        "upload_rate_limit": up_kbytes * 1000,
        "alert_mask": libtorrent.alert.category_t.tracker_notification,
    }


def live(torrent: str, folder: str, session: libtorrent.session) -> None:
    """Shares and downloads until it is killed."""
    wanted = libtorrent.add_torrent_params()
    wanted.ti = libtorrent.torrent_info(torrent)
    wanted.save_path = folder
    handle = session.add_torrent(wanted)
    report("started", version=libtorrent.version)
    finished = False
    while True:
        time.sleep(REPORT_SECONDS)
        for alert in session.pop_alerts():
            report("tracker", message=alert.message())
        status = handle.status()
        report("progress", share=status.progress, peers=status.num_peers)
        if status.is_seeding and not finished:
            finished = True
            report("finished")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torrent")
    parser.add_argument("folder", help="where the content is, or goes")
    parser.add_argument("--forced-encryption", action="store_true")
    parser.add_argument("--up", type=int, default=0, metavar="KB/s", help="0 is unlimited")
    parser.add_argument(
        "--node", action="append", default=[], metavar="HOST:PORT", help="of the DHT"
    )
    given = parser.parse_args()
    chosen = settings(forced=given.forced_encryption, up_kbytes=given.up, nodes=given.node)
    live(given.torrent, given.folder, libtorrent.session(chosen))


if __name__ == "__main__":
    main()
