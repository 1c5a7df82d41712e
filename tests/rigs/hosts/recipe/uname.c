/* Preloaded into every program of a host (/etc/ld.so.preload), so that uname(2) tells of the kernel that the rig
 * says is booted. Statically linked programs see the machine's own kernel. /proc agrees: boot.sh binds files there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BOOTED "/run/packcheck-rig/uname" /* two lines: what -r says, what -v says */

int uname(struct utsname *name) {
    int result = syscall(SYS_uname, name);
    int file = result ? -1 : open(BOOTED, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return result;
    char text[sizeof name->release + sizeof name->version];
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0)
        return result;
    text[size] = 0;
    char *version = strchr(text, '\n');
    if (!version)
        return result;
    *version++ = 0;
    version[strcspn(version, "\n")] = 0;
    memset(name->release, 0, sizeof name->release);
    memset(name->version, 0, sizeof name->version);
    strncpy(name->release, text, sizeof name->release - 1);
    strncpy(name->version, version, sizeof name->version - 1);
    return result;
}
