"""The programs that live on the lab's hosts: each a process of its own that tells what happens to it."""
