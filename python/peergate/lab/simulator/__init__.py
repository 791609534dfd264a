"""A simulator of the Skype of 2006, whose real clients and servers are gone.

It keeps the shapes by which such a program is recognised (headers, identifiers, sizes, order, timing) and none of its
secrets: what was encrypted is an arbitrary keystream here. Clients, supernodes and the log-in server are machines
without input or output (`machine.py`): time, datagrams and bytes in, actions out. `sockets.py` runs them on a network,
`generator.py` runs a whole network of them in memory and yields frames.
"""
