"""The knowledge, pure: records and rules; nothing here reads or writes anything but its own data."""
