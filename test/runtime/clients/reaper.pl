# What testcontainers' reaper does, for tests on a machine that cannot pull it: it takes filters from each client, and once the last
# client has gone, removes what they name, through the Docker socket that is mounted into its container.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;

$| = 1;
chomp(my $own = `cat /etc/hostname`);

sub ask {
  my ($method, $path) = @_;
  my $docker = IO::Socket::UNIX->new(Peer => '/var/run/docker.sock') or die "docker.sock: $!\n";
  print $docker "$method $path HTTP/1.0\r\nHost: docker\r\n\r\n";
  local $/;
  return scalar <$docker>;
}

sub listed {
  my ($place, $key, $label) = @_;
  $label =~ s/([^A-Za-z0-9._-])/sprintf '%%%02X', ord $1/ge;
  my $filters = "%7B%22label%22%3A%5B%22$label%22%5D%7D";
  return ask('GET', "$place?all=1&filters=$filters") =~ /"$key":"([^"]+)"/g;
}

my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die "port 8080: $!\n";
my $sockets = IO::Select->new($server);
my %labels;
print "Started\n";
while ($sockets->count > 1 || !%labels) {
  for my $socket ($sockets->can_read) {
    if ($socket == $server) {
      $sockets->add($server->accept);
    } elsif (sysread $socket, my $said, 4096) {
      $labels{$1} = 1 while $said =~ /label=([^\s&]+)/g;
      syswrite $socket, "ACK\n";
    } else {
      $sockets->remove($socket);
      close $socket;
    }
  }
}
for my $label (keys %labels) {
  ask('DELETE', "/containers/$_?force=1&v=1") for grep { substr($_, 0, 12) ne $own } listed('/containers/json', 'Id', $label);
  ask('DELETE', "/networks/$_") for listed('/networks', 'Id', $label);
  ask('DELETE', "/volumes/$_") for listed('/volumes', 'Name', $label);
}
