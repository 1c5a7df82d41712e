/* reboot, poweroff and halt of a host, told apart by name: as with systemd the command returns at once, then every
 * process gets SIGTERM and a moment, then the host is gone.
 *
 * reboot(2) in a PID namespace ends that namespace alone; its parent sees PID 1 end by SIGHUP (reboot) or SIGINT (power
 * off), which is how the rig knows what to do next: reboot(2), "Behavior inside PID namespaces". */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#define RETURN_MICROSECONDS 200000
#define TERM_MICROSECONDS 300000

int main(int count, char **arguments) {
    const char *slash = strrchr(arguments[0], '/');
    const char *name = slash ? slash + 1 : arguments[0];
    (void)count;
    if (geteuid()) {
        fprintf(stderr, "Call to %s failed: Interactive authentication required.\n", name);
        return 1;
    }
    if (fork())
        return 0;
    setsid();
    signal(SIGHUP, SIG_IGN);
    usleep(RETURN_MICROSECONDS);
    kill(-1, SIGTERM);
    usleep(TERM_MICROSECONDS);
    reboot(strcmp(name, "reboot") ? RB_POWER_OFF : RB_AUTOBOOT);
    perror("reboot(2)");
    return 1;
}
