package main

import (
	_ "time/tzdata" // zones of schedules, where the system has none: an empty container, Windows

	_ "golang.org/x/crypto/x509roots/fallback" // authorities of the web, for messages by TLS, where the system has none
)
