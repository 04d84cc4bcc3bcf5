"""A hub's store that stops itself in mid-transaction: what a frozen machine looks like.

Usage: python -m tests.signalling.hub.store.frozen_hub URL. It says "stopping", stops (SIGSTOP), and
once it is continued says what became of the transaction, and that it works again.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading

from signalling.hub.store.interface import StoreError
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.tables import Tables
from tests.signalling.hub.store.noting import keep


async def main(url: str) -> None:
    """Freeze once, then write."""
    store = await PostgresStore.open(url)

    def work(db: Tables) -> None:
        db.execute("insert into keepers (facility, hub) values ('frozen', 'f')")
        print("stopping", flush=True)
        # To this thread, which then runs nothing more; to the process it may for a moment.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    try:
        await store._writer.run(work)
    except StoreError as error:
        print(type(error).__name__, flush=True)
    else:
        print("committed", flush=True)
    await keep(store, "thawed")
    print("works", flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
