#!/bin/sh
# Three hosts on one machine: network namespaces with addresses of their own, joined by a bridge.
#   hosts.sh PROGRAM ARGUMENT...    runs it on three ranks, one a host, which reach each other over
#                                   TCP only, and looks that they did
# Ends with 77 where namespaces are not permitted.
set -eu
network=kindling$$
agent=$(mktemp)
hosts=
clean_up() {
  for host in $hosts; do ip netns del "$network-$host"; done
  rm -f "$agent"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if ! command -v mpirun >/dev/null; then echo 'there is no mpirun here; install Open MPI'; exit 77; fi
if [ "$(id -u)" != 0 ]; then echo 'network namespaces are for root only'; exit 77; fi
if ! command -v ip >/dev/null; then echo 'there is no ip here (Debian: iproute2)'; exit 77; fi
if ! { ip netns add "$network-1" && hosts=1 && unshare --uts true; } 2>/dev/null; then
  echo 'network namespaces are not permitted here'
  exit 77
fi
{
  ip -n "$network-1" link add bridge type bridge
  ip -n "$network-1" address add 10.77.0.1/24 dev bridge
  ip -n "$network-1" link set bridge up
  ip -n "$network-1" link set lo up
  for host in 2 3; do
    ip netns add "$network-$host" && hosts="$hosts $host"
    ip -n "$network-1" link add "to-$host" type veth peer name eth0 netns "$network-$host"
    ip -n "$network-1" link set "to-$host" master bridge up
    ip -n "$network-$host" address add "10.77.0.$host/24" dev eth0
    ip -n "$network-$host" link set eth0 up
    ip -n "$network-$host" link set lo up
  done
} 2>/dev/null || { echo 'there are no bridges or veth devices here'; exit 77; }

# In place of ssh: ADDRESS COMMAND...
cat >"$agent" <<END
#!/bin/sh
host=\${1##*.}
shift
exec ip netns exec $network-\$host unshare --uts sh -c "hostname host\$host; \$*"
END
chmod +x "$agent"
export OMPI_MCA_plm_rsh_agent="$agent" PRTE_MCA_plm_ssh_agent="$agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl=tcp,self OMPI_MCA_pml=ob1 OMPI_MCA_mpi_yield_when_idle=1
status=0
ip netns exec "$network-1" unshare --uts sh -c 'hostname host1; exec "$@"' sh \
  mpirun --host 10.77.0.1:1,10.77.0.2:1,10.77.0.3:1 -np 3 --map-by node --bind-to none sh -c '
    export RANK=$OMPI_COMM_WORLD_RANK LOCAL_RANK=$OMPI_COMM_WORLD_LOCAL_RANK WORLD_SIZE=$OMPI_COMM_WORLD_SIZE
    exec "$@"' sh "$@" || status=$?
for host in 2 3; do
  bytes=$(ip netns exec "$network-$host" sed -n 's/.*eth0: *\([0-9]*\).*/\1/p' /proc/net/dev)
  echo "host $host received $bytes bytes"
  # The weights alone are more; ranks that reached each other by other ways would not show here.
  [ "$bytes" -gt 50000 ] || status=1
done
exit $status
