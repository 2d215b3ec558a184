"""What licensed wires send: NewsML-G2 and ninjs, standards of the IPTC (iptc.org)."""
