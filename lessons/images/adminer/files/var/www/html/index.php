<?php
// Adminer as Debian has it, with the server that the form names from the start.

final class AsStarted
{
    public function loginFormField(string $name, string $heading, string $value): ?string
    {
        if ($name === 'driver' && !isset($_GET['username'])) {
            return $heading . str_replace('<option value="pgsql"', '<option value="pgsql" selected', $value) . "\n";
        }
        if ($name === 'server') {
            $server = htmlspecialchars(getenv('ADMINER_DEFAULT_SERVER') ?: 'db', ENT_QUOTES);
            return $heading . str_replace('value=""', "value=\"$server\"", $value) . "\n";
        }
        return null;
    }
}

function adminer_object(): Adminer\Plugins
{
    include_once '/usr/share/adminer/plugins/version-noverify.php';
    // Nobody answers who is asked for a newer version.
    return new Adminer\Plugins([new AsStarted(), new AdminerVersionNoverify()]);
}

include '/usr/share/adminer/adminer.php';
