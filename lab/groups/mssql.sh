# shellcheck shell=bash
# Group mssql: FreeTDS's tdspool. It binds every address and cannot be told not
# to, so it runs in a network namespace of its own, and two socats carry
# connections in: from the lab's address to a socket file, and from there.

prepare_mssql() {
    need_programs tdspool socat
}

start_mssql() {
    local dir=$RUN/$1
    rm -rf "$dir"
    mkdir -p "$dir"
    # shellcheck disable=SC2016
    launch "$1" env FREETDSCONF="$LAB/mssql/freetds.conf" sh -c '
        conf=$1 dir=$2 addr=$3
        unshare --net sh -c "
            ip link set lo up
            tdspool -l \"$dir/log\" -c \"$conf\" lab &
            exec socat UNIX-LISTEN:\"$dir/sock\",fork TCP:127.0.0.1:1433" &
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            [ -S "$dir/sock" ] && break
            sleep 0.1
        done
        exec socat "TCP-LISTEN:1433,bind=$addr,reuseaddr,fork" "UNIX-CONNECT:$dir/sock"' sh \
        "$LAB/mssql/pool.conf" "$dir" "$(address "$1")"
}
