"""The rows that every table needs beside its systems: chance, positions, people, yardsticks."""
