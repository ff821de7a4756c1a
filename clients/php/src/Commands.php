<?php

declare(strict_types=1);

namespace SessionsForRedis;

use SessionsForRedis\Clients\Sender;

/**
 * The commands that name one session, with JSON as text. Sessions converts the text to and from
 * arrays; the stores use the exact text. The options are the same as in Sessions.
 *
 * @internal
 */
final class Commands
{
    public readonly Sender $sender;

    public function __construct(mixed $client, public readonly string $app)
    {
        if (!preg_match('/^[\w-]{1,64}$/D', $app)) {
            throw new \InvalidArgumentException('app must be a string of 1 to 64 characters of A-Z a-z 0-9 _ -');
        }
        $this->sender = new Sender($client);
    }

    public function words(
        string $command,
        #[\SensitiveParameter] array $arguments = [],
        #[\SensitiveParameter] array $options = [],
    ): Words {
        return new Words($command, [$this->app, ...$arguments], $options);
    }

    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] Words $words): mixed
    {
        return $this->sender->at($key, $words->list());
    }

    private function text(#[\SensitiveParameter] string $token, #[\SensitiveParameter] Words $words): ?string
    {
        $reply = $this->at($token, $words);
        return $reply === null ? null : (string) $reply;
    }

    public function get(#[\SensitiveParameter] string $token): ?string
    {
        return $this->text($token, $this->words('GET', [$token, 'JSON']));
    }

    public function peek(#[\SensitiveParameter] string $token): ?string
    {
        return $this->text($token, $this->words('PEEK', [$token, 'JSON']));
    }

    public function set(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] string $json,
        #[\SensitiveParameter] array $options,
    ): ?string {
        $words = $this->words('SET', [$token, $json], $options);
        return $this->text($token, $words->value('IFW', 'ifW')->value('IFID', 'ifId')->ends()->add('JSON'));
    }

    public function save(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] string $json,
        #[\SensitiveParameter] array $options,
    ): int {
        $words = $this->words('SAVE', [$token, $json], $options);
        $words->flag('NX', 'nx')->flag('XX', 'xx')->owner()->device()->ends()->flag('NORESAVE', 'noResave');
        return (int) $this->at($token, $words->limit()->value('IFW', 'ifW'));
    }

    /** The option `data` is JSON text here. */
    public function rotate(#[\SensitiveParameter] string $token, #[\SensitiveParameter] array $options): ?string
    {
        $words = $this->words('ROTATE', [$token], $options)->owner()->value('GRACE', 'grace');
        return $this->text($token, $words->device()->ends()->limit()->value('DATA', 'data'));
    }

    public function touch(#[\SensitiveParameter] string $token, array $options): bool
    {
        return (int) $this->at($token, $this->words('TOUCH', [$token], $options)->value('TTL', 'ttl')) === 1;
    }

    public function kill(#[\SensitiveParameter] string $token): bool
    {
        return (int) $this->at($token, $this->words('KILL', [$token])) === 1;
    }

    public function __debugInfo(): array
    {
        return ['app' => $this->app];
    }
}
