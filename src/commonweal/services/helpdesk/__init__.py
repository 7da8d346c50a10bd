"""The IT help desk as data: what the kernel's casework is given for it."""
