#!/bin/bash
# boot.sh BASE ROOT NAME systemd|sleep: starts a machine whose disk is BASE with all changes in memory, mounted at ROOT, and whose process 1 is
# systemd, or one that only waits. NAME is that of its branch of control groups. To be run in new namespaces for mounts, processes, host name,
# IPC and network (unshare), so that nothing of it reaches this machine, and all of it goes with its process 1.
set -euo pipefail
base=$1 root=$2 name=$3 first=$4

mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
mkdir "$root/changes" "$root/work" "$root/disk"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/changes,workdir=$root/work" "$root/disk"
cd "$root/disk"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,gid=5,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ip link set lo up
if [ "$first" = sleep ]; then
  touch run/booted
  exec chroot . /usr/bin/sleep infinity
fi

# A branch of the control groups, of which the machine sees nothing but that.
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir "sys/fs/cgroup/$name"
echo $$ > "sys/fs/cgroup/$name/cgroup.procs"
umount sys/fs/cgroup
exec unshare --cgroup bash -c '
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  exec chroot . /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=no --log-target=journal
'
