"""What the code calls the columns is what the database has, on both databases."""

from sqlalchemy import inspect

from analysis.store import Store
from analysis.store.tables import METADATA


def test_the_tables_in_code_are_those_in_the_database(store: Store) -> None:
    with store.catalogue.reading() as connection:
        looked = inspect(connection)
        for table in METADATA.sorted_tables:
            there = {column["name"]: column for column in looked.get_columns(table.name)}
            assert set(there) == {column.name for column in table.columns}
            for column in table.columns:
                # SQLite says of a text key that it may be missing.
                nullable = there[column.name]["nullable"] and not column.primary_key
                assert bool(nullable) == bool(column.nullable), column
