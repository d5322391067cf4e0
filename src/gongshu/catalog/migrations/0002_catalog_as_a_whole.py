import django.db.models.deletion
import gongshu.catalog.demand_states
import gongshu.catalog.import_states
import gongshu.catalog.source_states
import gongshu.catalog.states
import gongshu.catalog.terms
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
        ('identity', '0002_administrations_and_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Datum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('title', models.CharField(max_length=100)),
                ('concept', models.CharField(db_index=True, max_length=100)),
                ('item', models.CharField(max_length=63)),
                ('reason', models.TextField(blank=True)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('named_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end_reason', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DatumUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=63)),
                ('item_title', models.CharField(max_length=100)),
                ('status', models.CharField(choices=[('due', 'due'), ('kept', 'kept'), ('exempt', 'exempt'), ('ended', 'ended')], default=gongshu.catalog.source_states.UseStatus['DUE'], max_length=8)),
                ('reason', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('since', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('title', models.CharField(max_length=100)),
                ('items', models.TextField(blank=True)),
                ('purpose', models.CharField(blank=True, max_length=60)),
                ('basis', models.TextField(blank=True)),
                ('scenario', models.TextField(blank=True)),
                ('business_process', models.TextField(blank=True)),
                ('scope', models.TextField(blank=True)),
                ('mode', models.CharField(blank=True, max_length=10)),
                ('wanted_by', models.DateField(blank=True, null=True)),
                ('status', models.CharField(choices=[('filed', 'filed'), ('matched', 'matched'), ('assigned', 'assigned'), ('accepted', 'accepted'), ('objected', 'objected'), ('fulfilled', 'fulfilled'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default=gongshu.catalog.demand_states.DemandStatus['FILED'], max_length=12)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('remark', models.TextField(blank=True)),
                ('ground', models.TextField(blank=True)),
                ('basis_kind', models.CharField(blank=True, max_length=40)),
                ('ground_basis', models.TextField(blank=True)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('filed_at', models.DateTimeField()),
                ('assigned_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='EntryVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('body', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('criteria', models.JSONField(blank=True, default=list)),
                ('remark', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='ImportLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('sheet', models.CharField(blank=True, max_length=100)),
                ('row', models.PositiveIntegerField()),
                ('title', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('provider', models.CharField(blank=True, max_length=40)),
                ('items', models.PositiveIntegerField(default=0)),
                ('data', models.JSONField(default=dict)),
                ('expected', models.CharField(blank=True, max_length=40)),
                ('planned', models.CharField(choices=[('', ''), ('created', 'created'), ('changed', 'changed'), ('unchanged', 'unchanged'), ('held', 'held'), ('refused', 'refused')], max_length=10)),
                ('outcome', models.CharField(blank=True, choices=[('created', 'created'), ('changed', 'changed'), ('unchanged', 'unchanged'), ('held', 'held'), ('refused', 'refused')], default='', max_length=10)),
                ('findings', models.JSONField(default=list)),
                ('errors', models.PositiveIntegerField(default=0)),
                ('warnings', models.PositiveIntegerField(default=0)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_zh', models.TextField(blank=True)),
                ('error_en', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='ImportMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=64)),
                ('choices', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('submitted_at', models.DateTimeField()),
                ('filename', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('source', models.CharField(blank=True, max_length=64)),
                ('sheets', models.JSONField(default=list)),
                ('options', models.JSONField(default=dict)),
                ('findings', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('preview', 'preview'), ('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default=gongshu.catalog.import_states.ImportStatus['PREVIEW'], max_length=12)),
                ('worker', models.CharField(blank=True, max_length=40)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('cancel_wanted', models.BooleanField(default=False)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_zh', models.TextField(blank=True)),
                ('error_en', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-submitted_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ListIssue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('demand', 'demand'), ('responsibility', 'responsibility'), ('negative', 'negative')], max_length=15)),
                ('rows', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('text', models.TextField()),
                ('issued_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Meeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('title', models.CharField(max_length=100)),
                ('held_on', models.DateField()),
                ('place', models.CharField(blank=True, max_length=100)),
                ('minutes', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-held_on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='MeetingItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(blank=True, choices=[('supply', 'supply'), ('assign', 'assign'), ('later', 'later'), ('none', 'none')], max_length=10)),
                ('remark', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.JSONField()),
                ('status', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('returned', 'returned'), ('published', 'published'), ('discarded', 'discarded')], default=gongshu.catalog.states.RevisionStatus['DRAFT'], max_length=12)),
                ('reason', models.TextField(blank=True)),
                ('duty_id', models.BigIntegerField(blank=True, null=True)),
                ('started_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(blank=True, max_length=100)),
                ('filters', models.JSONField(default=dict)),
                ('key', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SecrecyReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('conclusion', models.CharField(choices=[('passed', 'passed'), ('refused', 'refused')], max_length=10)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SourceProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=63)),
                ('item_title', models.CharField(max_length=100)),
                ('other_item', models.CharField(max_length=63)),
                ('other_title', models.CharField(max_length=100)),
                ('across', models.BooleanField()),
                ('score', models.PositiveSmallIntegerField()),
                ('parts', models.JSONField()),
                ('status', models.CharField(choices=[('open', 'open'), ('same', 'same'), ('different', 'different'), ('lapsed', 'lapsed')], default=gongshu.catalog.source_states.ProposalStatus['OPEN'], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('found_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-score', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SynonymGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=300)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='UpkeepMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('confirmed', 'confirmed'), ('revised', 'revised')], max_length=10)),
                ('at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='UpkeepRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.CharField(max_length=10)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('duty_id', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-starts_on', 'organization_id'],
            },
        ),
        migrations.AddField(
            model_name='entry',
            name='classified',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='entry',
            name='compilers',
            field=models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='entry',
            name='contact_name',
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name='entry',
            name='contact_phone',
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name='entry',
            name='contains',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='entry',
            name='division',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='entry',
            name='encoding',
            field=models.CharField(blank=True, default='UTF-8', max_length=30),
        ),
        migrations.AddField(
            model_name='entry',
            name='field_remarks',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='entry',
            name='format_category',
            field=models.CharField(choices=[('FILE', 'FILE'), ('SPREADSHEET', 'SPREADSHEET'), ('DATABASE', 'DATABASE'), ('IMAGE', 'IMAGE'), ('STREAM', 'STREAM'), ('SELF_DESCRIBED', 'SELF_DESCRIBED'), ('SERVICE_API', 'SERVICE_API')], default=gongshu.catalog.terms.FormatCategory['SPREADSHEET'], max_length=16),
        ),
        migrations.AddField(
            model_name='entry',
            name='format_note',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='entry',
            name='grade',
            field=models.CharField(choices=[('GENERAL', 'GENERAL'), ('IMPORTANT', 'IMPORTANT'), ('CORE', 'CORE')], default=gongshu.catalog.terms.Grade['GENERAL'], max_length=10),
        ),
        migrations.AddField(
            model_name='entry',
            name='group',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='entry',
            name='highest_grade',
            field=models.CharField(choices=[('GENERAL', 'GENERAL'), ('IMPORTANT', 'IMPORTANT'), ('CORE', 'CORE')], default=gongshu.catalog.terms.Grade['GENERAL'], max_length=10),
        ),
        migrations.AddField(
            model_name='entry',
            name='highest_level',
            field=models.PositiveSmallIntegerField(choices=[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)], default=gongshu.catalog.terms.Level['UNGRADED']),
        ),
        migrations.AddField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('BASE', 'BASE'), ('THEME', 'THEME'), ('DEPARTMENT', 'DEPARTMENT')], default=gongshu.catalog.terms.ResourceKind['DEPARTMENT'], max_length=12),
        ),
        migrations.AddField(
            model_name='entry',
            name='lead_department',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='entry',
            name='legal_basis',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='entry',
            name='level',
            field=models.PositiveSmallIntegerField(choices=[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)], default=gongshu.catalog.terms.Level['UNGRADED']),
        ),
        migrations.AddField(
            model_name='entry',
            name='open_basis',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='entry',
            name='open_filing',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='entry',
            name='personal',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='entry',
            name='related',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='entry',
            name='replaced_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='entry',
            name='rights',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='entry',
            name='share_basis_kind',
            field=models.CharField(blank=True, choices=[('law', 'law'), ('administrative_regulation', 'administrative_regulation'), ('local_regulation', 'local_regulation'), ('rule', 'rule'), ('central_policy', 'central_policy'), ('state_council_decision', 'state_council_decision'), ('normative_document', 'normative_document')], default='', max_length=30),
        ),
        migrations.AddField(
            model_name='entry',
            name='share_method',
            field=models.CharField(choices=[('DATABASE', 'DATABASE'), ('FILE', 'FILE'), ('SERVICE', 'SERVICE')], default=gongshu.catalog.terms.Method['FILE'], max_length=12),
        ),
        migrations.AddField(
            model_name='entry',
            name='share_method_category',
            field=models.CharField(choices=[('PLATFORM', 'PLATFORM'), ('MAIL', 'MAIL'), ('DISK', 'DISK'), ('PAPER', 'PAPER'), ('MEDIA', 'MEDIA'), ('OTHER', 'OTHER')], default=gongshu.catalog.terms.MethodCategory['PLATFORM'], max_length=12),
        ),
        migrations.AddField(
            model_name='entry',
            name='share_period',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='entry',
            name='stale_since',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='entry',
            name='subgroup',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='entryevent',
            name='details',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='entryevent',
            name='indexed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='item',
            name='grade',
            field=models.CharField(choices=[('GENERAL', 'GENERAL'), ('IMPORTANT', 'IMPORTANT'), ('CORE', 'CORE')], default=gongshu.catalog.terms.Grade['GENERAL'], max_length=10),
        ),
        migrations.AddField(
            model_name='item',
            name='level',
            field=models.PositiveSmallIntegerField(choices=[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)], default=gongshu.catalog.terms.Level['UNGRADED']),
        ),
        migrations.AddField(
            model_name='item',
            name='open_basis',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='item',
            name='open_condition',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='item',
            name='open_type',
            field=models.CharField(blank=True, choices=[('UNCONDITIONAL', 'UNCONDITIONAL'), ('CONDITIONAL', 'CONDITIONAL'), ('PROHIBITED', 'PROHIBITED')], max_length=15, null=True),
        ),
        migrations.AddField(
            model_name='item',
            name='sensitive_personal',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='item',
            name='share_basis',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='item',
            name='share_basis_kind',
            field=models.CharField(blank=True, choices=[('law', 'law'), ('administrative_regulation', 'administrative_regulation'), ('local_regulation', 'local_regulation'), ('rule', 'rule'), ('central_policy', 'central_policy'), ('state_council_decision', 'state_council_decision'), ('normative_document', 'normative_document')], default='', max_length=30),
        ),
        migrations.AddField(
            model_name='item',
            name='share_condition',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='item',
            name='share_type',
            field=models.CharField(blank=True, choices=[('UNCONDITIONAL', 'UNCONDITIONAL'), ('CONDITIONAL', 'CONDITIONAL'), ('PROHIBITED', 'PROHIBITED')], max_length=15, null=True),
        ),
        migrations.AddField(
            model_name='item',
            name='source_item',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='item',
            name='update_cycle',
            field=models.CharField(blank=True, choices=[('REALTIME', 'REALTIME'), ('DAILY', 'DAILY'), ('WEEKLY', 'WEEKLY'), ('TEN_DAYS', 'TEN_DAYS'), ('MONTHLY', 'MONTHLY'), ('QUARTERLY', 'QUARTERLY'), ('SEMIANNUAL', 'SEMIANNUAL'), ('ANNUAL', 'ANNUAL'), ('IRREGULAR', 'IRREGULAR'), ('STATIC', 'STATIC'), ('OTHER', 'OTHER')], max_length=12, null=True),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'data_at', 'id'], name='catalog_by_data'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'published_at', 'id'], name='catalog_by_publication'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'data_at', 'published_at', 'id'], name='catalog_by_both_dates'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'data_rows', 'id'], name='catalog_by_rows'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'title', 'id'], name='catalog_by_title'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['changed_at', 'id'], name='catalog_by_change'),
        ),
        migrations.AddIndex(
            model_name='entryevent',
            index=models.Index(condition=models.Q(('indexed', False)), fields=['id'], name='catalog_event_not_indexed'),
        ),
        migrations.AddField(
            model_name='datum',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='data_sourced', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='datum',
            name='named_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='datumuse',
            name='datum',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='catalog.datum'),
        ),
        migrations.AddField(
            model_name='datumuse',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='datumuse',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='data_used', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='demand',
            name='entry',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='demands', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='demand',
            name='filed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='demand',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='demands', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='demand',
            name='provider',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assigned', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='entryversion',
            name='compiled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='entryversion',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='entryversion',
            name='reviewed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importmapping',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='submitted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importline',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='catalog.importrun'),
        ),
        migrations.AddField(
            model_name='listissue',
            name='issued_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='meeting',
            name='convened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='meeting',
            name='participants',
            field=models.ManyToManyField(related_name='+', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='meetingitem',
            name='demand',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talks', to='catalog.demand'),
        ),
        migrations.AddField(
            model_name='meetingitem',
            name='meeting',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='catalog.meeting'),
        ),
        migrations.AddField(
            model_name='revision',
            name='compiled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revision',
            name='entry',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='revision', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='savedsearch',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_searches', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secrecyreview',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrecy_reviews', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='secrecyreview',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sourceproposal',
            name='datum',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='catalog.datum'),
        ),
        migrations.AddField(
            model_name='sourceproposal',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sourceproposal',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='sourceproposal',
            name='other_entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='synonymgroup',
            name='changed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='upkeepmark',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='upkeep_marks', to='catalog.entry'),
        ),
        migrations.AddField(
            model_name='upkeepmark',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='upkeepround',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization'),
        ),
        migrations.AddField(
            model_name='upkeepmark',
            name='round',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='catalog.upkeepround'),
        ),
        migrations.AddConstraint(
            model_name='datum',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('entry', 'item'), name='catalog_datum_source_once'),
        ),
        migrations.AddIndex(
            model_name='datumuse',
            index=models.Index(fields=['entry', 'status'], name='catalog_use_by_entry'),
        ),
        migrations.AddConstraint(
            model_name='datumuse',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'ended'), _negated=True), fields=('entry', 'item'), name='catalog_datum_use_once'),
        ),
        migrations.AddIndex(
            model_name='demand',
            index=models.Index(fields=['status', 'provider'], name='catalog_demand_by_provider'),
        ),
        migrations.AddIndex(
            model_name='demand',
            index=models.Index(fields=['organization', 'status'], name='catalog_demand_by_consumer'),
        ),
        migrations.AddConstraint(
            model_name='entryversion',
            constraint=models.UniqueConstraint(fields=('entry', 'number'), name='catalog_version_once'),
        ),
        migrations.AddConstraint(
            model_name='importmapping',
            constraint=models.UniqueConstraint(fields=('organization', 'source'), name='catalog_import_source_once'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(fields=['status', 'submitted_at'], name='catalog_import_waiting'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(fields=['organization', '-submitted_at'], name='catalog_import_list'),
        ),
        migrations.AddIndex(
            model_name='importline',
            index=models.Index(fields=['run', 'outcome', 'position'], name='catalog_import_next'),
        ),
        migrations.AddConstraint(
            model_name='importline',
            constraint=models.UniqueConstraint(fields=('run', 'position'), name='catalog_import_line_once'),
        ),
        migrations.AddConstraint(
            model_name='meetingitem',
            constraint=models.UniqueConstraint(fields=('meeting', 'demand'), name='catalog_demand_once_a_meeting'),
        ),
        migrations.AddConstraint(
            model_name='savedsearch',
            constraint=models.UniqueConstraint(fields=('person', 'key'), name='catalog_saved_search_once'),
        ),
        migrations.AddIndex(
            model_name='sourceproposal',
            index=models.Index(fields=['status', '-score', 'id'], name='catalog_proposal_by_score'),
        ),
        migrations.AddConstraint(
            model_name='sourceproposal',
            constraint=models.UniqueConstraint(fields=('entry', 'item', 'other_entry', 'other_item'), name='catalog_source_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('person', 'entry'), name='catalog_subscription_once'),
        ),
        migrations.AddConstraint(
            model_name='upkeepround',
            constraint=models.UniqueConstraint(fields=('organization', 'period'), name='catalog_upkeep_once'),
        ),
        migrations.AddConstraint(
            model_name='upkeepmark',
            constraint=models.UniqueConstraint(fields=('round', 'entry'), name='catalog_mark_once'),
        ),
    ]
