<?php

// The examples of README.md and docs/php.md do what the pages say.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Tests\Support\Browser;
use SessionsForRedis\Tests\Support\Child;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;
use SessionsForRedis\Tests\Support\Wait;

final class ReadmeTest extends TestCase
{
    /** The first example of a page that has a text, over the server of the tests. */
    private static function example(string $page, string $text): string
    {
        preg_match_all('/^ *```php\n(.*?)^ *```$/ms', (string) file_get_contents(__DIR__ . "/../$page"), $found);
        foreach ($found[1] as $code) {
            if (str_contains($code, $text) && str_contains($code, '<?php')) {
                $autoload = 'require ' . var_export(realpath(__DIR__ . '/../autoload.php'), true) . ';';
                $code = preg_replace('/^ *require .*;$/m', '', $code);
                $code = str_replace("'127.0.0.1', 6379", "'" . Server::shared()->socket() . "'", $code, $count);
                self::assertSame(1, $count, 'the example connects');
                return preg_replace('/^\s*<\?php/', "<?php $autoload", $code);
            }
        }
        self::fail("$page has no such example");
    }

    public function testTheFirstExamplePrintsWhatItSays(): void
    {
        $folder = Child::newFolder();
        file_put_contents("$folder/example.php", self::example('README.md', "new Sessions(\$redis, 'webapp')"));
        $child = new Child([PHP_BINARY, '-d', 'display_errors=1', "$folder/example.php"], $folder);
        Wait::until('the example ends', static fn (): bool => !$child->isRunning());
        self::assertSame("u1 3\n", $child->output());
    }

    public function testTheSiteFromInstallToLogInShowsBothBrowsers(): void
    {
        $site = self::served('../../docs/php.md', 'print_r($sessions->sessionsOf');
        [$one, $two] = [new Browser($site), new Browser($site)];
        self::assertStringContainsString('[visits] => 1', $one->get('/')['text']);
        $one->get('/?login=u1');
        $text = $two->get('/?login=u1')['text'];
        self::assertStringContainsString('[user] => u1', $text);
        self::assertSame(2, substr_count($text, '[ua] => test'), $text);
        self::assertStringContainsString('[visits] => 3', $one->get('/')['text']);
    }

    public function testTheHandlersExampleEndsTheOtherSessions(): void
    {
        $site = self::served('README.md', 'Handler::register($redis');
        [$one, $two] = [new Browser($site), new Browser($site)];
        foreach ([$one, $two] as $browser) {
            self::assertSame(['', 200], [$browser->get('/')['text'], $browser->get('/')['status']]);
        }
        $site->sessions()->killAll();
    }

    private static function served(string $page, string $text): Site
    {
        $folder = Child::newFolder();
        // The cookie is only for TLS in the example.
        $code = str_replace("'cookie_secure' => true", "'cookie_secure' => false", self::example($page, $text));
        file_put_contents("$folder/index.php", $code);
        [$port] = Server::freePorts(1);
        new Child([PHP_BINARY, '-d', 'display_errors=1', '-S', "127.0.0.1:$port", "$folder/index.php"], $folder);
        return Site::at("tcp://127.0.0.1:$port", 'shop', $folder);
    }
}
