<?php

// What a program has not touched keeps its JSON text.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Data\Raw;

final class RawTest extends TestCase
{
    public function testAnObjectAndAnArrayFallIntoTheTextsOfTheirParts(): void
    {
        $json = ' { "a" : 1.0 , "b\"\\\\":[{"}":"]"},[]], "\u00e4":"\"{" ,"e":{},"5":null,"":-1e3 } ';
        $parts = ['a' => '1.0', 'b"\\' => '[{"}":"]"},[]]', 'ä' => '"\"{"', 'e' => '{}', 5 => 'null', '' => '-1e3'];
        self::assertSame($parts, Raw::parts($json));
        self::assertSame(['[1,2]', '"a,b"', 'true'], Raw::parts('[ [1,2] ,"a,b",true]'));
        self::assertSame([], Raw::parts('{ }'));
        self::assertSame([], Raw::parts('[]'));
    }

    public function testWhatHasNotChangedInAValueKeepsItsText(): void
    {
        $cases = [
            // stored, what the program does with it, what is stored then
            ['{"n":1,"big":9876543210987654321}', fn ($v) => ['n' => 2] + $v, '{"n":2,"big":9876543210987654321}'],
            ['{"a":{},"b":[],"n":1.0}', fn (array $v) => [...$v, 'c' => 1], '{"a":{},"b":[],"n":1.0,"c":1}'],
            ['{"a":{"b":{}},"n":1}', fn (array $v) => [...$v, 'n' => 2], '{"a":{"b":{}},"n":2}'],
            ['{"a":1}', fn (array $v) => [], '{}'],
            ['[1]', fn (array $v) => [], '[]'],
            ['{"0":"a"}', fn (array $v) => [...$v, 'b'], '{"0":"a","1":"b"}'],
            ['{"x":"a"}', fn (array $v) => ['b'], '["b"]'],
            ['[{},[],1.50]', fn (array $v) => [...$v, 2], '[{},[],1.50,2]'],
            ['[{},[],3]', fn (array $v) => [2 => 3], '{"2":3}'],
            ['"a"', fn (string $v) => [$v], '["a"]'],
            ['{"a":1}', fn (array $v) => 'a', '"a"'],
            ['{"a":{"b":1e2}}', fn (array $v) => ['a' => ['b' => 100.0, 'c' => 0.1]], '{"a":{"b":1e2,"c":0.1}}'],
        ];
        foreach ($cases as [$stored, $change, $expected]) {
            $value = $change(json_decode($stored, true));
            self::assertSame($expected, Raw::keeping($value, $stored, 'key'), $stored);
        }
    }

    public function testTheSettingSerializePrecisionChangesNoNumber(): void
    {
        foreach (['-1', '17', '5'] as $precision) {
            ini_set('serialize_precision', $precision);
            self::assertSame('0.30000000000000004', Raw::keeping(0.1 + 0.2, null, 'key'));
            self::assertSame($precision, ini_get('serialize_precision'));
        }
        ini_restore('serialize_precision');
    }
}
