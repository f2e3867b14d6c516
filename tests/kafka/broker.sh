#!/usr/bin/env bash
# A real Apache Kafka on loopback, for the tests: fetched with Maven once, started in its own folder on free ports.
#
#   tests/kafka/broker.sh start   [options]             starts it, waits until it answers, prints LOCARD_TEST_KAFKA=...
#   tests/kafka/broker.sh stop    [options]             stops it (SIGTERM, then SIGKILL)
#   tests/kafka/broker.sh kill    [options]             stops it as a power cut would (SIGKILL)
#   tests/kafka/broker.sh restart [options]             starts it again with its data and on its ports
#   tests/kafka/broker.sh run     [options] -- COMMAND  starts a new one, runs COMMAND with LOCARD_TEST_KAFKA (and
#                                                       LOCARD_TEST_KAFKA_SCRIPT, this file) set, stops it whatever happens
#
#   --dir DIR          the broker's folder; brokers in different folders live side by side (target/kafka/broker)
#   --port PORT        its port; a free one if not given
#   --set KEY=VALUE    one more line for its server.properties; may be repeated
#   --secure           a TLS listener besides, with SASL SCRAM-SHA-512; start prints and run sets
#                      LOCARD_TEST_KAFKA_SECURE (its address), _CA and _OTHER_CA (files: the CA that signed its
#                      certificate, and one that did not), _USER and _PASSWORD (made up for this broker)
#
# Needs bash, Java 17 and Maven, and openssl for --secure. Writes to the target folder (and Maven to its own cache) and nowhere else. A broker that
# was started before keeps its data and its ports when it is started again in the same folder.
set -Eeuo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "${here}/../.." && pwd)
target=${CARGO_TARGET_DIR:-${root}/target}
lib=${target}/kafka/lib
heap=${KAFKA_HEAP_OPTS:--Xms128m -Xmx512m}
# Any identifier will do: the clusters never meet.
cluster_id=TG9jYXJkVGVzdEthZmthMQ

say() { echo "broker.sh: $*" >&2; }
die() { say "$@"; exit 1; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

# The jars, fetched again only when pom.xml changes. A folder is a lock that every system has.
fetch() {
  cmp -s "${here}/pom.xml" "${lib}/pom.xml" && return
  command -v java >/dev/null || die "needs Java 17 or later"
  command -v mvn >/dev/null || die "needs Maven to fetch Apache Kafka"
  mkdir -p "${target}/kafka"
  local waited=0
  until mkdir "${lib}.lock" 2>/dev/null; do
    ((waited++ < 300)) || die "${lib}.lock is still there after 300 s: remove it if nobody is fetching"
    sleep 1
  done
  if ! cmp -s "${here}/pom.xml" "${lib}/pom.xml"; then
    say "fetching Apache Kafka to ${lib}"
    rm -rf "${lib}" "${lib}.part"
    if ! mvn -B -q -f "${here}/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="${lib}.part" >&2; then
      rmdir "${lib}.lock"
      die "Maven could not fetch it"
    fi
    cp "${here}/pom.xml" "${lib}.part/pom.xml"
    mv "${lib}.part" "${lib}"
  fi
  rmdir "${lib}.lock"
}

java_with() { java "-Dlog4j2.configurationFile=${here}/log4j2.xml" -cp "${lib}/*" "$@"; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range that systems give to outgoing connections.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + RANDOM % 12000))
    answers "${port}" || { echo "${port}"; return; }
  done
  die "no free port between 20000 and 32000"
}

# The process of the broker in this folder, if it lives.
alive() {
  local pid
  pid=$(cat "${dir}/pid" 2>/dev/null) && kill -0 "${pid}" 2>/dev/null && echo "${pid}"
}

# A CA that signs itself: $1.pem, its key $1-key.pem.
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Locard tests, $1" \
    -config <(printf '[req]\ndistinguished_name=dn\n[dn]\n') -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign -keyout "$1-key.pem" -out "$1.pem"
}

# The certificates of a broker on loopback: server.pem is its key and its certificate, as Kafka reads them.
make_certificates() {
  make_ca ca
  make_ca other-ca
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
    -config <(printf '[req]\ndistinguished_name=dn\n[dn]\n') -keyout server-key.pem -out server.csr
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 30 \
    -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:localhost) -out server-certificate.pem
  cat server-key.pem server-certificate.pem >server.pem
}

# Certificates, a user with a password of this broker's own, and what tests are to know of them.
secure_listener() {
  command -v openssl >/dev/null || die "needs openssl for --secure"
  local secure_port
  secure_port=$(free_port)
  rm -rf "${dir}/tls"
  mkdir -p "${dir}/tls"
  (umask 077; cd "${dir}/tls"; make_certificates) >"${dir}/tls.log" 2>&1 ||
    { cat "${dir}/tls.log" >&2; die "cannot make certificates"; }
  sed -e "s|@PORT@|$1|g" -e "s|@CONTROLLER_PORT@|$2|g" -e "s|@SECURE_PORT@|${secure_port}|g" -e "s|@DIR@|${dir}|g" \
    "${here}/secure.properties" >>"${dir}/server.properties"
  (umask 077; printf 'LOCARD_TEST_KAFKA_%s\n' "SECURE=127.0.0.1:${secure_port}" "CA=${dir}/tls/ca.pem" \
    "OTHER_CA=${dir}/tls/other-ca.pem" USER=locard "PASSWORD=$(openssl rand -hex 16)" >"${dir}/secure.env")
  scram=(--add-scram "SCRAM-SHA-512=[name=locard,password=$(sed -n 's/^LOCARD_TEST_KAFKA_PASSWORD=//p' "${dir}/secure.env")]")
}

# How a command finds the broker: NAME=VALUE, one a line.
variables() {
  echo "LOCARD_TEST_KAFKA=127.0.0.1:$(cat "${dir}/port")"
  [[ ! -e "${dir}/secure.env" ]] || cat "${dir}/secure.env"
}

format() {
  rm -rf "${dir}/data"
  mkdir -p "${dir}"
  local chosen=${port:-$(free_port)} controller scram=()
  controller=$(free_port)
  sed -e "s|@PORT@|${chosen}|g" -e "s|@CONTROLLER_PORT@|${controller}|g" -e "s|@DIR@|${dir}|g" \
    "${here}/server.properties" >"${dir}/server.properties"
  [[ -z "${secure}" ]] || secure_listener "${chosen}" "${controller}"
  ((${#settings[@]} == 0)) || printf '%s\n' "${settings[@]}" >>"${dir}/server.properties"
  echo "${chosen}" >"${dir}/port"
  java_with kafka.tools.StorageTool format --standalone -t "${cluster_id}" -c "${dir}/server.properties" \
    "${scram[@]}" >"${dir}/format.log" 2>&1 || { cat "${dir}/format.log" >&2; die "cannot format ${dir}/data"; }
  touch "${dir}/formatted"
}

# In a session of its own, so that Ctrl-C in a terminal reaches the command and not the broker.
launch() {
  local own=()
  ! command -v setsid >/dev/null || own=(setsid)
  # shellcheck disable=SC2086 # The heap options are words.
  "${own[@]}" java ${heap} "-Dlog4j2.configurationFile=${here}/log4j2.xml" -cp "${lib}/*" \
    kafka.Kafka "${dir}/server.properties" >"${dir}/broker.log" 2>&1 </dev/null &
  echo $! >"${dir}/pid"
}

# True when it answers, false when it has died.
wait_until_up() {
  local port
  port=$(cat "${dir}/port")
  for _ in {1..600}; do
    [[ -n "$(alive)" ]] || return 1
    if grep -q 'Kafka Server started' "${dir}/broker.log" && answers "${port}"; then return 0; fi
    sleep 0.1
  done
  say "it does not answer after 60 s"
  return 1
}

start() {
  [[ -z "$(alive)" ]] || die "a broker is running in ${dir} already"
  fetch
  local fresh=
  [[ -e "${dir}/formatted" ]] || fresh=1
  for _ in {1..5}; do
    [[ -z "${fresh}" ]] || format
    launch
    if wait_until_up; then
      variables
      return
    fi
    signal KILL
    # Somebody else took the port between the look and the use of it: another one, if we may choose.
    grep -q 'Address already in use' "${dir}/broker.log" && [[ -n "${fresh}" && -z "${port}" ]] || break
  done
  tail -n 20 "${dir}/broker.log" >&2
  die "the broker in ${dir} does not start"
}

# Ends it, and waits for its end.
signal() {
  local pid
  pid=$(alive) || { rm -f "${dir}/pid"; return 0; }
  kill "-$1" "${pid}" 2>/dev/null || true
  for _ in {1..200}; do
    [[ -n "$(alive)" ]] || { rm -f "${dir}/pid"; return 0; }
    sleep 0.1
  done
  [[ "$1" == KILL ]] || signal KILL
}

run() {
  ((${#command[@]} > 0)) || usage
  dir=${target}/kafka/run-$$
  local child= code=0
  trap 'signal TERM; rm -rf "${dir}"' EXIT
  trap 'end_child; exit 130' INT
  trap 'end_child; exit 143' TERM HUP
  local started told
  started=$(start)
  mapfile -t told <<<"${started}"
  say "${told[0]}"
  # Should this script be killed outright, nobody is left to stop the broker but this.
  (trap '' INT TERM HUP; while kill -0 $$ 2>/dev/null; do sleep 1; done; signal TERM; rm -rf "${dir}") \
    >/dev/null 2>&1 </dev/null &
  disown
  # Waited for and not run in the foreground, so that a signal to this script ends it now and not after the command.
  env "${told[@]}" LOCARD_TEST_KAFKA_SCRIPT="${here}/broker.sh" "${command[@]}" <&0 &
  child=$!
  wait "${child}" || code=$?
  child=
  exit "${code}"
}

end_child() { [[ -z "${child}" ]] || kill -TERM "${child}" 2>/dev/null || true; }

(($# > 0)) || usage
verb=$1
shift
dir=${target}/kafka/broker
port=
secure=
settings=()
command=()
while (($# > 0)); do
  case $1 in
    --dir | --port | --set) (($# > 1)) || usage ;;&
    --dir) mkdir -p "$2" && dir=$(cd "$2" && pwd); shift ;;
    --port) port=$2; shift ;;
    --set) settings+=("$2"); shift ;;
    --secure) secure=1 ;;
    --) shift; command=("$@"); break ;;
    *) usage ;;
  esac
  shift
done

case ${verb} in
  start) start ;;
  stop) signal TERM ;;
  kill) signal KILL ;;
  restart) [[ -e "${dir}/formatted" ]] || die "no broker was ever started in ${dir}"; signal TERM; start ;;
  run) run ;;
  *) usage ;;
esac
