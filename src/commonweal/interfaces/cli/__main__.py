"""`python -m commonweal.interfaces.cli`."""

import sys

from .main import main

sys.exit(main())
