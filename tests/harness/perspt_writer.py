"""An agent's hold on a store: `python perspt_writer.py STORE SECONDS SEED` commits each 20 ms, prints each number."""

import random
import sys
import time

import duckdb


def main(path: str, seconds: float, seed: int) -> None:
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    with duckdb.connect(path) as db:
        while time.monotonic() < until:
            number = db.execute(
                "INSERT INTO energy_history (session_id, node_id, v_total) VALUES ('s-1', 'live', 1) RETURNING id"
            ).fetchone()
            sys.stdout.write(f"{number[0]}\n")
            sys.stdout.flush()
            if chance.random() < 0.02:
                db.execute("CHECKPOINT")
            time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
