#!/bin/sh
# Give each password that docker-compose.yml asks for a random value in .env. Those that have a
# value keep it: run it again after every upgrade.
set -eu
cd "$(dirname "$0")/.."
umask 077
touch .env
chmod 600 .env
[ -z "$(tail -c 1 .env)" ] || echo >> .env
for name in POSTGRES_PASSWORD SERVICE_PASSWORD VALKEY_PASSWORD GRAFANA_ADMIN_PASSWORD; do
    grep -q "^$name=." .env && continue
    # Hexadecimal: it is part of a URL.
    echo "$name=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> .env
done
