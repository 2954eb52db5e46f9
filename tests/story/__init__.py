"""Stories: what labjam promises, told by whole jams over real sockets. Read these first."""
